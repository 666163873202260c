/** What is known of a certificate's revocation, by whatever means it is known. */
@NullMarked
package io.mtls.revocation;

import org.jspecify.annotations.NullMarked;
