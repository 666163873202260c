/**
 * Client certificates in Spring Boot, by configuration: everything below {@code mtls.*} in the application's properties.
 *
 * <p>A user names few types of this package: {@link io.mtls.spring.ClientCertificateConfigurer}, to change a chain of
 * Spring Security, and {@link io.mtls.spring.ClientCertificateAuthentication}, to recognise who came by certificate. To
 * replace a part, declare a bean of {@link io.mtls.ClientAuthenticator}, {@link io.mtls.ClientCertificateVerifier} or
 * {@link io.mtls.identity.RoleMapper}; to listen, any number of {@link io.mtls.MtlsListener}.
 */
@NullMarked
package io.mtls.spring;

import org.jspecify.annotations.NullMarked;
