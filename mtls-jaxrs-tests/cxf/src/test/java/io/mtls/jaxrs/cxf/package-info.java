@NullMarked
package io.mtls.jaxrs.cxf;

import org.jspecify.annotations.NullMarked;
