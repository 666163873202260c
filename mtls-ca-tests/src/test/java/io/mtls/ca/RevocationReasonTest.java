package io.mtls.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.security.cert.CRLReason;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RevocationReasonTest {

    @ParameterizedTest
    @EnumSource
    void the_code_is_the_one_that_java_knows(RevocationReason reason) {
        assertThat(List.of(CRLReason.values()).get(reason.code())).hasToString(reason.name());
    }

    @ParameterizedTest
    @EnumSource
    void what_rfc_5280_calls_it_is_read_back(RevocationReason reason) {
        assertThat(RevocationReason.parse(reason.text())).isEqualTo(reason);
        assertThat(RevocationReason.parse(reason.name())).isEqualTo(reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"keyCompromise", "key-compromise", "KEY_COMPROMISE", "keycompromise"})
    void spelling_is_free(String text) {
        assertThat(RevocationReason.parse(text)).isEqualTo(RevocationReason.KEY_COMPROMISE);
    }

    @Test
    void an_unknown_reason_is_refused_with_the_known_ones() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RevocationReason.parse("stolen"))
                .withMessage(
                        "\"stolen\" is no reason to revoke: it is one of unspecified, keyCompromise, cACompromise, "
                                + "affiliationChanged, superseded, cessationOfOperation, certificateHold, privilegeWithdrawn, "
                                + "aACompromise");
    }

    @Test
    void to_remove_from_the_crl_is_no_reason_to_revoke() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RevocationReason.parse("removeFromCRL"))
                .withMessage(
                        "\"removeFromCRL\" is no reason to revoke: it takes a hold back, so release the certificate "
                                + "instead");
    }
}
