package io.mtls.sample;

import io.mtls.MtlsEvent;
import io.mtls.MtlsListener;
import io.mtls.RejectionReason;
import io.mtls.ca.HeldCertificate;
import java.util.ArrayList;
import java.util.List;

/** What the server tells its operator, and no client. */
final class RecordedEvents implements MtlsListener {

    private final List<MtlsEvent> events = new ArrayList<>();

    @Override
    public synchronized void onEvent(MtlsEvent event) {
        events.add(event);
    }

    /** Why handshakes with this very certificate were refused. */
    synchronized List<String> handshakeRefusals(HeldCertificate presented) {
        String serial = presented.certificate().getSerialNumber().toString(16);
        return events.stream()
                .filter(MtlsEvent.HandshakeRefused.class::isInstance)
                .map(MtlsEvent.HandshakeRefused.class::cast)
                .filter(refused -> refused.detail().contains(serial))
                .map(MtlsEvent.HandshakeRefused::reason)
                .map(RejectionReason::code)
                .distinct()
                .toList();
    }
}
