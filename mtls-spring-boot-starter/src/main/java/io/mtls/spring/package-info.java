@NullMarked
package io.mtls.spring;

import org.jspecify.annotations.NullMarked;
