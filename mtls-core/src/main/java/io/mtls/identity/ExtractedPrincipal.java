package io.mtls.identity;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * What a certificate's field says about the principal: a name, none, too many, or an unfit one.
 *
 * <p>Sealed for good; {@link #fold} takes one function per case.
 */
public sealed interface ExtractedPrincipal {

    /**
     * Exactly one name, and one that can be a principal. There is no other way to a {@code Named} than
     * through the check, so whoever holds one need not check again.
     *
     * @param name neither blank nor longer than {@link PrincipalExtractor#MAX_LENGTH} UTF-8 bytes, in Unicode
     *     Normalization Form C, without white space at its ends and without control, format, unassigned,
     *     private-use or invisible characters
     */
    record Named(String name) implements ExtractedPrincipal {
        /**
         * Checks the name.
         *
         * @throws IllegalArgumentException when it cannot be a principal
         */
        public Named {
            PrincipalText.fault(name).ifPresent(fault -> {
                throw new IllegalArgumentException("'" + SafeText.of(name) + "' cannot be a principal: " + fault);
            });
        }
    }

    /** The certificate does not have the field. */
    record Missing() implements ExtractedPrincipal {}

    /**
     * The field has several values, be they the same, and nothing says which one counts.
     *
     * @param count how many, at least two
     */
    record Ambiguous(int count) implements ExtractedPrincipal {
        /** Checks the count. */
        public Ambiguous {
            if (count < 2) {
                throw new IllegalArgumentException("ambiguous takes two, not " + count);
            }
        }
    }

    /**
     * The field cannot be read, or its one value cannot be a principal.
     *
     * @param why for people, fit for a log line; it may contain what the certificate says
     */
    record Invalid(String why) implements ExtractedPrincipal {
        /** Checks that there is a text. */
        public Invalid {
            Objects.requireNonNull(why, "why");
        }
    }

    /** The result of the function for the case that this is. */
    default <R> R fold(
            Function<? super Named, ? extends R> named,
            Function<? super Missing, ? extends R> missing,
            Function<? super Ambiguous, ? extends R> ambiguous,
            Function<? super Invalid, ? extends R> invalid) {
        if (this instanceof Named it) {
            return named.apply(it);
        }
        if (this instanceof Missing it) {
            return missing.apply(it);
        }
        if (this instanceof Ambiguous it) {
            return ambiguous.apply(it);
        }
        return invalid.apply((Invalid) this);
    }

    /** The principal that these values, all that the field has, make behind this prefix. */
    static ExtractedPrincipal of(String prefix, List<String> values) {
        if (values.isEmpty()) {
            return new Missing();
        }
        if (values.size() > 1) {
            return new Ambiguous(values.size());
        }
        // The value by itself first: a prefix must not make a blank one look like a name.
        String value = values.get(0);
        String name = prefix + value;
        return PrincipalText.fault(value)
                .or(() -> PrincipalText.fault(name))
                .<ExtractedPrincipal>map(Invalid::new)
                .orElseGet(() -> new Named(name));
    }
}
