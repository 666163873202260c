@NullMarked
package io.mtls.contract;

import org.jspecify.annotations.NullMarked;
