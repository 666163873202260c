package io.mtls.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.mtls.RequiredRoles;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServlet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServletRolesTest {

    @Test
    void a_servlet_without_annotations_asks_for_nothing() throws ServletException {
        assertThat(requiredBy(HttpServlet.class.getName())).isEqualTo(RequiredRoles.none());
    }

    @Test
    void a_subclass_is_guarded_as_its_superclass_is() throws ServletException {
        assertThat(requiredBy(SaysNothing.class.getName()))
                .isEqualTo(new RequiredRoles(false, Set.of(), Set.of("auditor")));
    }

    @Test
    void a_subclass_that_says_something_is_heard() throws ServletException {
        assertThat(requiredBy(PermitsAll.class.getName())).isEqualTo(RequiredRoles.none());
        assertThat(requiredBy(DeniesAll.class.getName())).isEqualTo(RequiredRoles.denyAll());
    }

    @Test
    void a_class_that_cannot_be_loaded_is_denied_because_it_may_be_annotated() throws ServletException {
        assertThat(requiredBy("no.such.Servlet")).isEqualTo(RequiredRoles.denyAll());
    }

    @Test
    void no_servlet_asks_for_nothing() throws ServletException {
        ServletRoles none = new ServletRoles(new StubFilterConfig(Map.of(), Map.of()).getServletContext());

        assertThat(none.of("")).isEqualTo(RequiredRoles.none());
    }

    private static RequiredRoles requiredBy(String className) throws ServletException {
        StubFilterConfig config = new StubFilterConfig(Map.of(), Map.of("it", className));
        return new ServletRoles(config.getServletContext()).of("it");
    }

    @RolesAllowed("auditor")
    private static class ForAuditors extends HttpServlet {
        private static final long serialVersionUID = 1;
    }

    private static class SaysNothing extends ForAuditors {
        private static final long serialVersionUID = 1;
    }

    @PermitAll
    private static final class PermitsAll extends ForAuditors {
        private static final long serialVersionUID = 1;
    }

    @DenyAll
    private static final class DeniesAll extends SaysNothing {
        private static final long serialVersionUID = 1;
    }
}
