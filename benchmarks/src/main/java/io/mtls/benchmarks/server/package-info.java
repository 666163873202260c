/** Whole servers in processes of their own, and the load on them. */
@NullMarked
package io.mtls.benchmarks.server;

import org.jspecify.annotations.NullMarked;
