package io.mtls.contract;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;

/** What a server under test runs. */
@FunctionalInterface
public interface ServletApplication {

    /** Registers its servlets and filters. */
    void configure(ServletContext context) throws ServletException;
}
