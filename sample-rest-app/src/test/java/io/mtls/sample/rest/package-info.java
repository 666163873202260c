@NullMarked
package io.mtls.sample.rest;

import org.jspecify.annotations.NullMarked;
