package io.mtls.contract;

import io.mtls.CertificateRoles;
import io.mtls.ClientIdentity;
import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NameBinding;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerRequestFilter;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.container.ContainerResponseFilter;
import jakarta.ws.rs.container.PreMatching;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Application;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Feature;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.ext.ExceptionMapper;
import jakarta.ws.rs.ext.MessageBodyWriter;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.annotation.Annotation;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Endpoints} as Jakarta REST resources, and what only they can show.
 *
 * <table>
 * <caption>Endpoints of Jakarta REST</caption>
 * <tr><td>{@code /public/failure}, {@code /api/failure}</td><td>throws; the mapper answers 500 with a {@link WhoAmI}</td></tr>
 * <tr><td>{@code /api/bound}</td><td>a name-bound filter answers with the caller's name in {@link #SEEN}</td></tr>
 * <tr><td>{@code /api/identity}, {@code /want/identity}</td><td>names the {@link ClientIdentity} that is injected as a
 * parameter, and its issuer</td></tr>
 * <tr><td>{@code /{first}/{second}/caught}</td><td>a template</td></tr>
 * <tr><td>{@code /{whatever}taken}</td><td>a template that takes slashes, too</td></tr>
 * <tr><td>{@code /api/events}</td><td>a {@link WhoAmI} as server-sent events, all sent before the
 * method returns: Jersey flushes then, too, and a thread that closes at that moment makes it lose what was sent</td></tr>
 * <tr><td>{@code /want/open/...}, {@code /want/audited/...}</td><td>locators of one class of sub-resources; the second
 * {@code @CertificateRoles("auditor")}. Below them {@code whoami}, {@code report} which is {@code @RolesAllowed("auditor")},
 * {@code deeper/whoami} by another locator, and {@code denied/whoami} by one that is {@code @DenyAll}</td></tr>
 * <tr><td>{@code /want/listed/list}</td><td>its interface is {@code @RolesAllowed("auditor")} and inherits it from
 * another</td></tr>
 * <tr><td>{@code /want/hidden/open/whoami}, {@code /want/hidden/audited/whoami}</td><td>the second by a locator of a class
 * that is not public, {@code @CertificateRoles("auditor")}</td></tr>
 * </table>
 *
 * <p>A header {@link #REWRITE} leads to another path, by a filter that runs before matching. Each response says in
 * {@link #SEES_CHAIN} whether the client's chain could be seen, and in {@link #ANSWERED} whom filters of responses see.
 */
public final class ContractResources {

    /** A response header with the name that a filter sees, or {@code none}. */
    public static final String SEEN = "X-Seen";

    /** A response header, true or false. */
    public static final String SEES_CHAIN = "X-Sees-Chain";

    /** A response header with the name that a filter of responses sees, of refusals as well, or {@code none}. */
    public static final String ANSWERED = "X-Answered";

    /** A request header with the path to go to instead. */
    public static final String REWRITE = "X-Rewrite";

    private static final String CHAIN = "jakarta.servlet.request.X509Certificate";

    private ContractResources() {}

    /** All resources and providers, to be registered by the application. */
    public static Set<Class<?>> classes() {
        return new LinkedHashSet<>(List.of(
                Public.class,
                Want.class,
                Api.class,
                Catching.class,
                Taking.class,
                Operator.class,
                Auditor.class,
                AllowedResource.class,
                ListedResource.class,
                Denied.class,
                Failures.class,
                Rewriting.class,
                Binding.class,
                Chain.class,
                WriterOfAll.class));
    }

    /** An application of them, for runtimes that take no more than the standard's. */
    public static Application application(Feature feature) {
        return new Application() {
            @Override
            public Set<Class<?>> getClasses() {
                return classes();
            }

            @Override
            @SuppressWarnings({"deprecation", "removal"}) // How an application registers an instance.
            public Set<Object> getSingletons() {
                return Set.of(feature);
            }
        };
    }

    private static String whoAmI(SecurityContext caller) {
        return WhoAmI.of(caller.getUserPrincipal(), caller.getAuthenticationScheme(), caller::isUserInRole, 0)
                .toString();
    }

    private static String nameOf(@Nullable SecurityContext context) {
        Principal caller = context == null ? null : context.getUserPrincipal();
        return caller == null ? "none" : caller.getName();
    }

    private static boolean seesChain(ContainerRequestContext request) {
        return request.getProperty(CHAIN) instanceof Object[] chain && chain.length > 0;
    }

    private static String failure() {
        throw new IllegalStateException("on purpose");
    }

    /** A certificate is ignored. */
    @Path("/public")
    @Produces(MediaType.TEXT_PLAIN)
    public static class Public {
        @GET
        @Path("whoami")
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }

        @GET
        @Path("failure")
        public String failure() {
            return ContractResources.failure();
        }
    }

    /** A certificate is welcome. */
    @Path("/want")
    @Produces(MediaType.TEXT_PLAIN)
    public static class Want {
        @GET
        @Path("whoami")
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }

        @GET
        @Path("report")
        @CertificateRoles("auditor")
        public String report(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }

        @GET
        @Path("identity")
        public String identity(@Context @Nullable ClientIdentity caller) {
            return caller == null ? "none" : caller.getName() + " by " + caller.issuer();
        }

        @Path("open")
        public Below open() {
            return new Below();
        }

        @Path("hidden")
        public BelowHidden hidden() {
            return new BelowHidden();
        }

        @Path("{audited: audited}")
        @CertificateRoles("auditor")
        public BelowAudited audited(@PathParam("audited") String unused) {
            return new BelowAudited();
        }
    }

    /** What a locator leads to. */
    @Produces(MediaType.TEXT_PLAIN)
    public static class Below {
        @GET
        @Path("whoami")
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }

        @GET
        @Path("report")
        @RolesAllowed("auditor")
        public String report(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }

        @Path("deeper")
        public Deeper deeper() {
            return new Deeper();
        }

        @Path("denied")
        @DenyAll
        public Denied denied() {
            return new Denied();
        }
    }

    /** Another class, by which it can be told which locator led there. */
    public static class BelowAudited extends Below {}

    /** Its methods are public, while it is not. */
    static class Hidden {
        @Path("audited")
        @CertificateRoles("auditor")
        public Deeper audited() {
            return new Deeper();
        }
    }

    /** Has the same locator by a bridge method, and another to the same class. */
    public static class BelowHidden extends Hidden {
        @Path("open")
        public Deeper open() {
            return new Deeper();
        }
    }

    /** Two locators down. */
    @Produces(MediaType.TEXT_PLAIN)
    public static class Deeper {
        @GET
        @Path("whoami")
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** No rule names it. */
    @Path("/api")
    @Produces(MediaType.TEXT_PLAIN)
    public static class Api {
        @GET
        @Path("whoami")
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }

        @GET
        @Path("async")
        public void async(@Context SecurityContext caller, @Suspended AsyncResponse response) {
            String answer =
                    ContractResources.whoAmI(caller); // In RESTEasy a SecurityContext does not leave its thread.
            new Thread(() -> response.resume(answer)).start();
        }

        @GET
        @Path("headers")
        public String headers(@Context HttpHeaders headers) {
            List<String> names = new ArrayList<>(headers.getRequestHeaders().keySet());
            for (String name : List.of("Client-Cert", "Client_Cert")) {
                if (headers.getHeaderString(name) != null) {
                    names.add(name);
                }
            }
            return String.join("\n", names);
        }

        @GET
        @Path("events")
        @Produces(MediaType.SERVER_SENT_EVENTS)
        public void events(@Context SecurityContext caller, @Context SseEventSink sink, @Context Sse sse) {
            try (sink) {
                ContractResources.whoAmI(caller).lines().forEach(line -> sink.send(sse.newEvent(line)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @GET
        @Path("identity")
        public String identity(@Context ClientIdentity caller) {
            return caller.getName() + " by " + caller.issuer();
        }

        @GET
        @Path("bound")
        @Bound
        public String bound() {
            return "";
        }

        @GET
        @Path("failure")
        public String failure() {
            return ContractResources.failure();
        }
    }

    /** What a template takes that no literal path does. */
    @Path("/{first}/{second}/caught")
    @Produces(MediaType.TEXT_PLAIN)
    public static class Catching {
        @GET
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** What a template takes that does not care for segments. */
    @Path("/{whatever: .*}taken")
    @Produces(MediaType.TEXT_PLAIN)
    public static class Taking {
        @GET
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** The rule asks for a role. */
    @Path("/operator/whoami")
    @Produces(MediaType.TEXT_PLAIN)
    public static class Operator {
        @GET
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** The class asks for a role. */
    @Path("/auditor/report")
    @Produces(MediaType.TEXT_PLAIN)
    @CertificateRoles("auditor")
    public static class Auditor {
        @GET
        public String report(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** The interface asks for a role, as its other annotations count, too. */
    @Path("/allowed/report")
    @Produces(MediaType.TEXT_PLAIN)
    public interface Allowed {
        @GET
        @RolesAllowed("auditor")
        String report(@Context SecurityContext caller);
    }

    /** Says nothing itself. */
    @Path("/allowed/report")
    public static class AllowedResource implements Allowed {
        @Override
        public String report(SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** Says how, and not to whom. */
    public interface Listed {
        @GET
        @Path("list")
        String list(@Context SecurityContext caller);
    }

    /** Says to whom. */
    @Path("/want/listed")
    @Produces(MediaType.TEXT_PLAIN)
    @RolesAllowed("auditor")
    public interface ListedForAuditors extends Listed {}

    /** Says nothing itself. */
    @Path("/want/listed")
    public static class ListedResource implements ListedForAuditors {
        @Override
        public String list(SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** Nobody gets in; also found by a locator. */
    @Path("/denied")
    @Produces(MediaType.TEXT_PLAIN)
    public static class Denied {
        @GET
        @Path("report")
        @DenyAll
        public String report(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }

        @GET
        @Path("whoami")
        @PermitAll
        public String whoAmI(@Context SecurityContext caller) {
            return ContractResources.whoAmI(caller);
        }
    }

    /** Says who was refused nothing and got an error. */
    public static class Failures implements ExceptionMapper<IllegalStateException> {
        @Context
        private @Nullable SecurityContext caller;

        @Override
        public Response toResponse(IllegalStateException failure) {
            return Response.serverError()
                    .type(MediaType.TEXT_PLAIN)
                    .entity(caller == null ? "" : ContractResources.whoAmI(caller))
                    .build();
        }
    }

    /** Leads elsewhere before matching, after whoever authenticates. */
    @PreMatching
    @jakarta.annotation.Priority(Priorities.USER)
    public static class Rewriting implements ContainerRequestFilter {
        @Override
        public void filter(ContainerRequestContext request) {
            String path = request.getHeaderString(REWRITE);
            if (path != null) {
                URI base = request.getUriInfo().getBaseUri();
                request.setRequestUri(base, base.resolve(path));
            }
        }
    }

    /** Binds a method to {@link Binding}. */
    @NameBinding
    @Retention(RetentionPolicy.RUNTIME)
    public @interface Bound {}

    /** Runs for a few methods only. */
    @Bound
    public static class Binding implements ContainerRequestFilter, ContainerResponseFilter {
        @Override
        public void filter(ContainerRequestContext request) {
            request.setProperty(SEEN, nameOf(request.getSecurityContext()));
        }

        @Override
        public void filter(ContainerRequestContext request, ContainerResponseContext response) {
            response.getHeaders().putSingle(SEEN, String.valueOf(request.getProperty(SEEN)));
        }
    }

    /** Takes bytes for something that it knows how to write, as writers of JSON do. */
    @Produces({"application/json", "application/*"})
    public static class WriterOfAll implements MessageBodyWriter<Object> {
        @Override
        public boolean isWriteable(Class<?> type, Type generic, Annotation[] annotations, MediaType mediaType) {
            return mediaType.getSubtype().endsWith("json");
        }

        @Override
        public void writeTo(
                Object written,
                Class<?> type,
                Type generic,
                Annotation[] annotations,
                MediaType mediaType,
                MultivaluedMap<String, Object> headers,
                OutputStream out)
                throws IOException {
            out.write("[1,2,3]".getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Says of every response whether the client's chain could be seen. */
    public static class Chain implements ContainerRequestFilter, ContainerResponseFilter {
        @Override
        public void filter(ContainerRequestContext request) {
            request.setProperty(SEES_CHAIN, seesChain(request));
        }

        @Override
        public void filter(ContainerRequestContext request, ContainerResponseContext response) {
            boolean seen = Boolean.TRUE.equals(request.getProperty(SEES_CHAIN)) || seesChain(request);
            response.getHeaders().putSingle(SEES_CHAIN, String.valueOf(seen));
            response.getHeaders().putSingle(ANSWERED, nameOf(request.getSecurityContext()));
        }
    }
}
