/**
 * The command line of {@link io.mtls.ca.CertificateAuthority}: {@code java -jar mtls-ca-<version>-cli.jar}.
 *
 * <p>A command reads its arguments, calls the library and says what was made, where, and what to do next; it decides nothing
 * about certificates. {@link io.mtls.ca.cli.MtlsCa} lists the commands and the exit codes.
 */
@NullMarked
package io.mtls.ca.cli;

import org.jspecify.annotations.NullMarked;
