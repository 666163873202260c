package io.mtls.servlet;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mtls.CertificateRoles;
import io.mtls.ca.HeldCertificate;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stops the start, and what it says. */
class MtlsFilterStartTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void a_configuration_file_is_enough() throws Exception {
        Files.writeString(
                directory.resolve("root.crt"),
                HeldCertificate.root("CN=Acme Root").build().certificatePem());
        Path file = Files.writeString(
                directory.resolve("mtls.properties"),
                "issuer.acme.anchors = root.crt\nrevocation.allow-unchecked = true");

        assertThatCode(() -> init(file.toString())).doesNotThrowAnyException();
    }

    @Test
    void no_configuration_is_refused_with_what_to_write() {
        assertThatThrownBy(() -> new MtlsFilter().init(new StubFilterConfig(Map.of(), Map.of())))
                .isInstanceOf(ServletException.class)
                .hasMessageContaining("Filter 'mtls' has no init-parameter 'io.mtls.configuration'")
                .hasMessageContaining("/WEB-INF/mtls.properties");
    }

    @Test
    void a_relative_file_is_refused_because_nobody_knows_to_what() {
        assertThatThrownBy(() -> init("mtls.properties"))
                .isInstanceOf(ServletException.class)
                .hasMessageContaining("'mtls.properties': expected an absolute path");
    }

    @Test
    void a_file_that_cannot_be_read_is_named() {
        assertThatThrownBy(() -> init("/WEB-INF/mtls.properties"))
                .isInstanceOf(ServletException.class)
                .hasMessageContaining("/var/app/WEB-INF/mtls.properties");
    }

    @Test
    void contradictory_annotations_are_refused() {
        assertThatThrownBy(() -> initWithServlet(Contradictory.class))
                .isInstanceOf(ServletException.class)
                .hasMessageContaining("@PermitAll")
                .hasMessageContaining(Contradictory.class.getName());
    }

    @Test
    void annotations_on_methods_are_refused_because_nobody_would_heed_them() {
        assertThatThrownBy(() -> initWithServlet(OnMethod.class))
                .isInstanceOf(ServletException.class)
                .hasMessageContaining("annotations on " + OnMethod.class.getName() + ".doGet")
                .hasMessageContaining("put them on the class");
        assertThatThrownBy(() -> initWithServlet(InheritedOnMethod.class))
                .isInstanceOf(ServletException.class)
                .hasMessageContaining(OnMethod.class.getName() + ".doGet");
    }

    private void init(String file) throws ServletException {
        new MtlsFilter().init(new StubFilterConfig(Map.of(MtlsFilter.CONFIGURATION_PARAMETER, file), Map.of()));
    }

    private void initWithServlet(Class<? extends HttpServlet> type) throws Exception {
        Files.writeString(
                directory.resolve("root.crt"),
                HeldCertificate.root("CN=Acme Root").build().certificatePem());
        Path file = Files.writeString(
                directory.resolve("mtls.properties"),
                "issuer.acme.anchors = root.crt\nrevocation.allow-unchecked = true");
        new MtlsFilter()
                .init(new StubFilterConfig(
                        Map.of(MtlsFilter.CONFIGURATION_PARAMETER, file.toString()), Map.of("it", type.getName())));
    }

    @PermitAll
    @CertificateRoles("auditor")
    private static final class Contradictory extends HttpServlet {
        private static final long serialVersionUID = 1;
    }

    private static class OnMethod extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        @RolesAllowed("auditor")
        protected void doGet(HttpServletRequest request, HttpServletResponse response) {}
    }

    private static final class InheritedOnMethod extends OnMethod {
        private static final long serialVersionUID = 1;
    }
}
