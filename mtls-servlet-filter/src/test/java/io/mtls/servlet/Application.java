package io.mtls.servlet;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;

/** What a server under test runs. */
@FunctionalInterface
interface Application {

    void configure(ServletContext context) throws ServletException;
}
