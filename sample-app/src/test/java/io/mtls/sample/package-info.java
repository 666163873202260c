@NullMarked
package io.mtls.sample;

import org.jspecify.annotations.NullMarked;
