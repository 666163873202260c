package io.mtls.spring;

import static io.mtls.spring.MtlsConfigurationException.checked;

import io.mtls.AccessRule;
import io.mtls.ClientAuth;
import io.mtls.PathRules;
import io.mtls.RequiredRoles;
import io.mtls.servlet.RequestRules;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.RequestPath;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;
import org.springframework.web.util.pattern.PatternParseException;

/**
 * The path rules, matched by the matcher and the options by which Spring MVC chooses a controller.
 *
 * <p>The container chooses a servlet by the path that it has decoded and normalised, Spring MVC a controller by the one
 * that the client sent. A request for which the two differ is refused.
 */
final class PathPatternRules implements RequestRules {

    private static final String DECIDED = PathPatternRules.class.getName() + ".DECIDED";

    private final List<MtlsProperties.PathRule> configured;
    private final Set<AccessRule> possible;
    private volatile List<Rule> rules;

    private record Rule(PathPattern pattern, AccessRule access) {}

    PathPatternRules(List<MtlsProperties.PathRule> configured) {
        this.configured = configured;
        this.rules = parse(configured, PathPatternParser.defaultInstance);
        boolean complete = isCatchAll(rules.isEmpty() ? null : rules.get(rules.size() - 1));
        this.possible = Stream.concat(
                        rules.stream().map(Rule::access), complete ? Stream.empty() : Stream.of(AccessRule.STRICTEST))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Matches from now on as this parser does: Spring MVC's own, whose options a user may have changed. */
    void matchAs(PathPatternParser parser) {
        rules = parse(configured, parser);
    }

    /** What the connector has to ask for, since it knows no paths: the strictest that does not lock out any of them. */
    ClientAuth onConnector() {
        Set<ClientAuth> wanted = possible.stream().map(AccessRule::clientAuth).collect(Collectors.toSet());
        return wanted.size() == 1 ? wanted.iterator().next() : ClientAuth.WANT;
    }

    /** Whether there is any path that not everybody may have. */
    boolean protectAny() {
        return possible.stream()
                .anyMatch(rule ->
                        rule.clientAuth() != ClientAuth.NONE || rule.roles().isRestricted());
    }

    /** Whether the rules have decided on this request: they do on each that comes to the application's own port. */
    static boolean haveDecidedOn(HttpServletRequest request) {
        return request.getAttribute(DECIDED) != null;
    }

    @Override
    public @Nullable AccessRule ruleFor(HttpServletRequest request) {
        request.setAttribute(DECIDED, true);
        if (possible.size() == 1) {
            return possible.iterator().next();
        }
        String containers = pathOfContainer(request);
        if (PathRules.isAmbiguous(containers)) {
            return null;
        }
        PathContainer path = pathOfSpring(request);
        if (path == null || (!containers.equals(path.value()) && !containers.equals(decoded(path)))) {
            return null;
        }
        for (Rule rule : rules) {
            if (rule.pattern.matches(path)) {
                return rule.access;
            }
        }
        return AccessRule.STRICTEST;
    }

    /** Null where Spring cannot read it: the context path is spelt in another way, say. */
    private static @Nullable PathContainer pathOfSpring(HttpServletRequest request) {
        try {
            PathContainer path = RequestPath.parse(request.getRequestURI(), request.getContextPath())
                    .pathWithinApplication();
            boolean hidesSlash = path.elements().stream()
                    .anyMatch(element -> element instanceof PathContainer.PathSegment segment
                            && segment.valueToMatch().indexOf('/') >= 0);
            return hidesSlash ? null : path; // A slash in a segment is one to the container, and none to Spring.
        } catch (IllegalArgumentException | IllegalStateException e) {
            return null;
        }
    }

    private static String pathOfContainer(HttpServletRequest request) {
        String info = request.getPathInfo();
        String path = info == null ? request.getServletPath() : request.getServletPath() + info;
        return path.isEmpty() ? "/" : path;
    }

    private static String decoded(PathContainer path) {
        StringBuilder text = new StringBuilder();
        for (PathContainer.Element element : path.elements()) {
            text.append(
                    element instanceof PathContainer.PathSegment segment ? segment.valueToMatch() : element.value());
        }
        return text.isEmpty() ? "/" : text.toString();
    }

    private static List<Rule> parse(List<MtlsProperties.PathRule> configured, PathPatternParser parser) {
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < configured.size(); i++) {
            String property = "mtls.paths[" + i + "]";
            if (!rules.isEmpty() && isCatchAll(rules.get(rules.size() - 1))) {
                throw new MtlsConfigurationException(
                        "The rule '" + property + "' never decides: '"
                                + configured.get(i - 1).pattern() + "' before it matches every path.",
                        "Put the rule for every path last.");
            }
            rules.add(parse(property, configured.get(i), parser));
        }
        return List.copyOf(rules);
    }

    private static Rule parse(String property, MtlsProperties.PathRule configured, PathPatternParser parser) {
        String pattern = configured.pattern();
        if (pattern == null || !pattern.startsWith("/")) {
            throw new MtlsConfigurationException(
                    "The property '" + property + ".pattern' is "
                            + (pattern == null ? "missing." : "'" + pattern + "', without a slash at the beginning."),
                    "Write the path behind the context path, such as '/public/**'.");
        }
        try {
            AccessRule access = checked(
                    property,
                    () -> new AccessRule(
                            configured.clientAuth(),
                            configured.roles().isEmpty()
                                    ? RequiredRoles.none()
                                    : RequiredRoles.byCertificate(configured.roles())));
            return new Rule(parser.parse(pattern), access);
        } catch (PatternParseException e) {
            throw new MtlsConfigurationException(
                    "The property '" + property + ".pattern' is no path pattern: " + e.toDetailedString(),
                    "Correct the pattern; '/public/**' is everything below /public.");
        }
    }

    private static boolean isCatchAll(@Nullable Rule rule) {
        return rule != null && rule.pattern.getPatternString().equals("/**");
    }
}
