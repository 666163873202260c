package io.mtls.contract;

/** What a request goes over. */
public enum Protocol {
    HTTP_1_1("HTTP/1.1"),
    HTTP_2("HTTP/2");

    private final String name;

    Protocol(String name) {
        this.name = name;
    }

    /** Names the tests. */
    @Override
    public String toString() {
        return name;
    }
}
