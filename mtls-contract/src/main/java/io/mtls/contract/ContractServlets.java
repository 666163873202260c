package io.mtls.contract;

import io.mtls.CertificateRoles;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/**
 * The {@link Endpoints} as servlets, and what only servlets can show.
 *
 * <p>Each path below is served under {@code /public}, {@code /want} and {@code /api}; {@code ?to=} names another.
 *
 * <table>
 * <caption>Endpoints of servlets</caption>
 * <tr><td>{@code forward}</td><td>forwards</td></tr>
 * <tr><td>{@code include}</td><td>includes, between lines with {@code [} and {@code ]}</td></tr>
 * <tr><td>{@code dispatch}</td><td>dispatches asynchronously, from another thread</td></tr>
 * <tr><td>{@code error}</td><td>throws; the error page, {@link #ERROR_PAGE}, answers with a {@link WhoAmI} and is {@code @DenyAll} to whoever asks for it</td></tr>
 * <tr><td>{@code chain}</td><td>says in which ways the client's chain can be seen</td></tr>
 * <tr><td>{@code session}</td><td>a {@link WhoAmI} and the number of visits in the HTTP session</td></tr>
 * </table>
 */
public final class ContractServlets {

    /** To be registered by the container for exceptions and every status of an error. */
    public static final String ERROR_PAGE = "/error-page";

    private static final String CHAIN = "jakarta.servlet.request.X509Certificate";

    /** Containers' own names for what leads to the chain. */
    private static final Set<String> SIDE_DOORS = Set.of("org.eclipse.jetty.io.Endpoint.SslSessionData");

    private ContractServlets() {}

    /** Registers them all. */
    public static void addTo(ServletContext context) {
        add(context, new WhoAmIServlet(), "/public/whoami", "/want/whoami", "/api/whoami", "/operator/whoami");
        add(context, new ErrorPageServlet(), ERROR_PAGE);
        add(context, new AuditorsServlet(), "/auditor/report", "/want/report");
        add(context, new AllowedServlet(), "/allowed/report");
        add(context, new DeniedServlet(), "/denied/report");
        add(context, new AsyncServlet(), "/api/async");
        add(context, new HeadersServlet(), "/api/headers");
        add(context, new ForwardServlet(), "/public/forward", "/want/forward", "/api/forward");
        add(context, new IncludeServlet(), "/public/include", "/want/include", "/api/include");
        add(context, new DispatchServlet(), "/public/dispatch", "/want/dispatch", "/api/dispatch");
        add(context, new ErrorServlet(), "/public/error", "/want/error", "/api/error");
        add(context, new ChainServlet(), "/public/chain", "/want/chain", "/api/chain");
        add(context, new SessionServlet(), "/public/session", "/want/session", "/api/session");
    }

    /** Whether an application serves it. */
    static boolean hasErrorPage(ServletContext context) {
        return context.getServletRegistrations().values().stream()
                .anyMatch(servlet -> servlet.getMappings().contains(ERROR_PAGE));
    }

    private static void add(ServletContext context, HttpServlet servlet, String... patterns) {
        ServletRegistration.Dynamic registration =
                context.addServlet(servlet.getClass().getSimpleName(), servlet);
        registration.addMapping(patterns);
        registration.setAsyncSupported(true);
    }

    private static String whoAmI(HttpServletRequest request) {
        return WhoAmI.of(
                        request.getUserPrincipal(),
                        request.getAuthType(),
                        request::isUserInRole,
                        request.getRemotePort())
                .toString();
    }

    private static class WhoAmIServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentType("text/plain");
            response.getWriter().write(whoAmI(request));
        }
    }

    @CertificateRoles("auditor")
    private static final class AuditorsServlet extends WhoAmIServlet {
        private static final long serialVersionUID = 1;
    }

    @RolesAllowed("auditor")
    private static final class AllowedServlet extends WhoAmIServlet {
        private static final long serialVersionUID = 1;
    }

    @DenyAll
    private static final class DeniedServlet extends WhoAmIServlet {
        private static final long serialVersionUID = 1;
    }

    /** Nobody may ask for it, and everybody may be shown it. */
    @DenyAll
    private static final class ErrorPageServlet extends WhoAmIServlet {
        private static final long serialVersionUID = 1;
    }

    private static final class AsyncServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) {
            AsyncContext async = request.startAsync();
            async.start(() -> {
                try {
                    response.getWriter().write(whoAmI(request));
                    async.complete();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** In both ways in which an application may look. */
    private static final class HeadersServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            List<String> names = Collections.list(request.getHeaderNames());
            for (String name : List.of("Client-Cert", "Client_Cert")) {
                if (request.getHeader(name) != null || request.getHeaders(name).hasMoreElements()) {
                    names.add(name);
                }
            }
            response.setContentType("text/plain");
            response.getWriter().write(String.join("\n", names));
        }
    }

    private static final class ForwardServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            target(request).forward(request, response);
        }
    }

    private static final class IncludeServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            response.getWriter().write("[\n");
            target(request).include(request, response);
            response.getWriter().write("]");
        }
    }

    private static final class DispatchServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) {
            String to = request.getParameter("to");
            AsyncContext async = request.startAsync();
            async.start(() -> async.dispatch(to));
        }
    }

    private static final class ErrorServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException {
            throw new ServletException("on purpose");
        }
    }

    private static final class ChainServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            ServletRequest containers = request;
            while (containers instanceof ServletRequestWrapper wrapper) {
                containers = wrapper.getRequest();
            }
            boolean sideDoor = SIDE_DOORS.stream().anyMatch(name -> request.getAttribute(name) != null);
            boolean unwrapped = containers.getAttribute(CHAIN) instanceof Object[] chain && chain.length > 0;
            response.getWriter()
                    .write("attribute=" + (sideDoor || request.getAttribute(CHAIN) != null) + " names="
                            + Collections.list(request.getAttributeNames()).contains(CHAIN) + " unwrapped="
                            + unwrapped);
        }
    }

    private static final class SessionServlet extends HttpServlet {
        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            HttpSession session = request.getSession();
            Integer before = (Integer) session.getAttribute("visits");
            int visits = before == null ? 1 : before + 1;
            session.setAttribute("visits", visits);
            response.getWriter().write(whoAmI(request) + "visits=" + visits);
        }
    }

    private static RequestDispatcher target(HttpServletRequest request) {
        return request.getRequestDispatcher(request.getParameter("to"));
    }
}
