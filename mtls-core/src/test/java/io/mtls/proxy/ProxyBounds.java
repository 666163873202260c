package io.mtls.proxy;

/** For the test that holds them against the verifier's, which this package does not know. */
public final class ProxyBounds {

    public static final int MAX_CERTIFICATES = ChainReader.MAX_CERTIFICATES;
    public static final int MAX_CHAIN_BYTES = ChainReader.MAX_CHAIN_BYTES;

    private ProxyBounds() {}
}
