@NullMarked
package io.mtls.jaxrs.jersey;

import org.jspecify.annotations.NullMarked;
