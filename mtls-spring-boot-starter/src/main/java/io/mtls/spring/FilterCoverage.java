package io.mtls.spring;

/** What our filter must stand in front of. */
final class FilterCoverage {

    /** The name under which it is registered. */
    static final String FILTER = "mtlsFilter";

    private FilterCoverage() {}

    /**
     * @param everywhere whether it is mapped to every path and dispatcher type
     * @param first whether no other filter comes before it
     * @param alone whether its application is the only one on the server
     */
    static void require(boolean everywhere, boolean first, boolean alone, ServerTls tls) {
        if (!everywhere) {
            throw new MtlsConfigurationException(
                    "The filter '" + FILTER + "' does not cover every path and every dispatcher type.",
                    "Remove what changes its registration.");
        }
        if (tls.isDeferred() && !first) {
            throw new MtlsConfigurationException(
                    "With mtls.handshake=defer another filter comes before '" + FILTER
                            + "', and would see clients whose certificates were refused.",
                    "Give the other filter an order after Ordered.HIGHEST_PRECEDENCE, or set mtls.handshake=refuse.");
        }
        if (tls.isDeferred() && !alone) {
            throw new MtlsConfigurationException(
                    "With mtls.handshake=defer the server has another application, which '" + FILTER
                            + "' does not cover.",
                    "Remove the other application, or set mtls.handshake=refuse.");
        }
    }
}
