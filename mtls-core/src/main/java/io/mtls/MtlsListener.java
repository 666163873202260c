package io.mtls;

import io.mtls.revocation.RevocationEvent;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where logs, audit trails and metrics hang. Called in the thread of the handshake or request, so it must be quick; what
 * it throws is logged and changes nothing.
 */
@FunctionalInterface
public interface MtlsListener {

    void onEvent(MtlsEvent event);

    /** Hears what revocation sources tell, for their builders. */
    default Consumer<RevocationEvent> ofRevocation() {
        MtlsListener contained = contained(this);
        return event -> contained.onEvent(new MtlsEvent.RevocationData(event));
    }

    /** One line per event to the {@link System.Logger} named {@code io.mtls}. */
    static MtlsListener logging() {
        System.Logger logger = System.getLogger("io.mtls");
        return event -> logger.log(event.level(), event::message);
    }

    /** Each of them, in order, none kept from an event by another that fails. */
    static MtlsListener all(MtlsListener... listeners) {
        List<MtlsListener> each =
                Arrays.stream(listeners).map(MtlsListener::contained).toList();
        return event -> each.forEach(listener -> listener.onEvent(event));
    }

    /** The same listener, with what it throws turned into a log line. */
    static MtlsListener contained(MtlsListener listener) {
        return event -> {
            try {
                listener.onEvent(event);
            } catch (RuntimeException e) {
                System.getLogger("io.mtls")
                        .log(
                                System.Logger.Level.ERROR,
                                "A listener failed on " + event.getClass().getSimpleName(),
                                e);
            }
        };
    }
}
