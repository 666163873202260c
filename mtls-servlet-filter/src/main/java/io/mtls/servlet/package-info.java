/**
 * Client certificates in any Jakarta Servlet container, without a framework.
 *
 * <p>A user names two types: {@link io.mtls.servlet.MtlsFilter}, and {@link io.mtls.servlet.RequestRules} where the
 * url-patterns of {@link io.mtls.PathRules} do not do.
 */
@NullMarked
package io.mtls.servlet;

import org.jspecify.annotations.NullMarked;
