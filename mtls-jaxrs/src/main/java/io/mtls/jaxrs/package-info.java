@NullMarked
package io.mtls.jaxrs;

import org.jspecify.annotations.NullMarked;
