package io.mtls.sample;

import io.mtls.ClientIdentity;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Controller;
import org.springframework.ui.Model;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/** The one page: who you are, by which certificates, and what you may call. Also for those who have none. */
@Controller
class PageController {

    record Caller(String name, String issuer, SortedSet<String> roles) {}

    private final Endpoints endpoints;
    private final InstantSource clock;
    private final SampleProperties properties;

    PageController(Endpoints endpoints, InstantSource clock, SampleProperties properties) {
        this.endpoints = endpoints;
        this.clock = clock;
        this.properties = properties;
    }

    @GetMapping(path = "/", name = "See this page")
    String page(@Nullable ClientIdentity identity, HttpServletRequest request, Model model) {
        Instant now = clock.instant();
        if (identity != null) {
            model.addAttribute(
                    "caller", new Caller(identity.getName(), identity.issuer(), new TreeSet<>(identity.roles())));
            model.addAttribute("chain", ChainView.of(identity.path(), now, properties.expiryWarning()));
        }
        List<Endpoints.Endpoint> seen = endpoints.seenBy(identity, request);
        model.addAttribute("endpoints", seen);
        model.addAttribute(
                "open", seen.stream().filter(Endpoints.Endpoint::open).count());
        model.addAttribute(
                "origin",
                ServletUriComponentsBuilder.fromCurrentContextPath().build().toUriString());
        model.addAttribute("now", now.truncatedTo(ChronoUnit.SECONDS));
        return "desk";
    }
}
