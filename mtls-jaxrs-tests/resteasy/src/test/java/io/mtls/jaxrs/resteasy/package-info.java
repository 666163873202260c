@NullMarked
package io.mtls.jaxrs.resteasy;

import org.jspecify.annotations.NullMarked;
