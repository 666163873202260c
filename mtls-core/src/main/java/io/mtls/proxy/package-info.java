/**
 * Reads the certificates of a client whose TLS connection ended at a proxy, from the headers that the proxy wrote.
 *
 * <p>A user names one {@link io.mtls.proxy.ForwardedCertificates}, the dialect of the hop in front, and gets a {@link
 * io.mtls.proxy.Forwarded}. Every dialect is read strictly: what could be read in two ways is malformed.
 *
 * <p>Nothing in this package knows who sent a request, and nothing verifies: anybody can write a header, and a
 * certificate in it is no proof of anything. Ask only for requests of a hop that is known, and verify the chain.
 */
@NullMarked
package io.mtls.proxy;

import org.jspecify.annotations.NullMarked;
