@NullMarked
package io.mtls.benchmarks;

import org.jspecify.annotations.NullMarked;
