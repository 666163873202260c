@NullMarked
package io.mtls.ca;

import org.jspecify.annotations.NullMarked;
