@NullMarked
package io.mtls.servlet;

import org.jspecify.annotations.NullMarked;
