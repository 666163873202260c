package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.proxy.ProxyBounds;
import org.junit.jupiter.api.Test;

class ForwardedBoundsTest {

    @Test
    void a_header_may_bring_what_a_tls_connection_may() {
        assertThat(ProxyBounds.MAX_CERTIFICATES).isEqualTo(PathFinder.MAX_CHAIN_LENGTH);
        assertThat(ProxyBounds.MAX_CHAIN_BYTES).isEqualTo(PathFinder.MAX_CHAIN_BYTES);
    }
}
