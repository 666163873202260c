package io.mtls;

import io.mtls.identity.SafeText;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/**
 * The last good version of something that can be replaced while running. A reader sees one immutable version or the next
 * and nothing in between.
 */
public final class Reloadable<T> implements Supplier<T> {

    private final String what;
    private final MtlsListener listener;
    private volatile T current;

    /**
     * @param what for events: {@code trust anchors}, say
     * @param initial the first version; a start that has none must fail by itself
     */
    public Reloadable(String what, T initial, MtlsListener listener) {
        this.what = what;
        this.current = initial;
        this.listener = MtlsListener.contained(listener);
    }

    @Override
    public T get() {
        return current;
    }

    /**
     * Replaces the current version by what the loader returns. If the loader throws, the current version stays and a
     * {@link MtlsEvent.ReloadFailed} says so.
     *
     * @return whether it was replaced
     */
    public synchronized boolean reload(Callable<? extends T> loader) {
        try {
            current = loader.call();
        } catch (Exception e) {
            listener.onEvent(new MtlsEvent.ReloadFailed(what, SafeText.of(String.valueOf(e.getMessage()))));
            return false;
        }
        listener.onEvent(new MtlsEvent.Reloaded(what));
        return true;
    }
}
