package io.mtls.revocation;

import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The responders that were asked. The configured ones are remembered for good; of others a bounded number, and those that are
 * asked at the moment.
 */
final class OcspResponders {

    private final Set<URI> configured;
    private final int max;
    private final Map<URI, OcspResponder> byAddress = new ConcurrentHashMap<>();

    OcspResponders(List<URI> configured, int max) {
        this.configured = new HashSet<>(configured);
        this.max = max;
    }

    OcspResponder at(URI address) {
        OcspResponder known = byAddress.get(address);
        return known == null ? made(address) : known;
    }

    private synchronized OcspResponder made(URI address) {
        if (byAddress.size() >= max + configured.size()) {
            makeRoom();
        }
        return byAddress.computeIfAbsent(address, OcspResponder::new);
    }

    /** A tenth at once, so that the next ones cost nothing: first those of whom nothing is lost. */
    private void makeRoom() {
        List<OcspResponder> others = new ArrayList<>(byAddress.values());
        others.removeIf(responder -> configured.contains(responder.address()) || responder.isAsked());
        record Candidate(OcspResponder responder, boolean away) {}
        others.stream()
                .map(responder -> new Candidate(responder, !responder.isIdle())) // Once: it may change meanwhile.
                .sorted(Comparator.comparing(Candidate::away))
                .limit(Math.max(1, max / 10))
                .forEach(candidate -> byAddress.remove(candidate.responder().address()));
    }

    int size() {
        return byAddress.size();
    }
}
