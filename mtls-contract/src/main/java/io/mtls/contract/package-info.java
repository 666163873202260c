/**
 * What every adapter must do, as tests over real TLS: read {@link io.mtls.contract.AdapterContract}, and {@link
 * io.mtls.contract.ServletContract} for what only servlets can show.
 */
@NullMarked
package io.mtls.contract;

import org.jspecify.annotations.NullMarked;
