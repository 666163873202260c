/** A small API for a restricted group, to take as a start. */
@NullMarked
package io.mtls.sample;

import org.jspecify.annotations.NullMarked;
