@NullMarked
package io.mtls;

import org.jspecify.annotations.NullMarked;
