package io.mtls.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every adapter for servlets does beside, with the {@link ContractServlets}. */
public abstract class ServletContract extends AdapterContract {

    private static final String HIDDEN = "attribute=false names=false unwrapped=false";

    @Nested
    class Forwards_and_asynchronous_dispatches extends OverEachProtocol {

        @ParameterizedTest
        @ValueSource(strings = {"forward", "dispatch"})
        void leave_the_caller_who_it_is(String way) throws IOException {
            assertThat(get(alice, "/api/" + way + "?to=/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            assertThat(get(alice, "/api/" + way + "?to=/public/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
            assertThat(get(alice, "/public/" + way + "?to=/want/whoami")).satisfies(isAnsweredToNobody());
        }

        @ParameterizedTest
        @ValueSource(strings = {"forward", "dispatch"})
        void do_not_ask_the_rule_of_the_target_path(String way) throws IOException {
            assertThat(get(nobody, "/public/" + way + "?to=/api/whoami")).satisfies(isAnsweredToNobody());
        }

        @ParameterizedTest
        @ValueSource(strings = {"forward", "dispatch"})
        void ask_the_annotations_of_the_target_servlet(String way) throws IOException {
            assertThat(get(alice, "/api/" + way + "?to=/auditor/report")).satisfies(isAnsweredTo("alice", "auditor"));
            assertRefused(get(bob, "/api/" + way + "?to=/auditor/report"), "role-missing");
            assertRefused(get(nobody, "/public/" + way + "?to=/auditor/report"), "certificate-required");
            assertRefused(get(alice, "/api/" + way + "?to=/denied/report"), "role-missing");
        }

        @ParameterizedTest
        @ValueSource(strings = {"forward", "dispatch"})
        void follow_each_other(String way) throws IOException {
            String twice = "?to=/public/forward%3Fto=/auditor/report";
            assertThat(get(alice, "/api/" + way + twice)).satisfies(isAnsweredTo("alice", "auditor"));
            assertRefused(get(bob, "/api/" + way + twice), "role-missing");
        }
    }

    @Nested
    class Includes extends OverEachProtocol {

        @Test
        void leave_the_caller_who_it_is() throws IOException {
            Answer answer = get(alice, "/api/include?to=/public/whoami");

            assertThat(answer).satisfies(isAnsweredTo("alice", "auditor"));
            assertThat(answer.body()).startsWith("[\nprincipal=alice").endsWith("]");
        }

        @Test
        void leave_out_a_fragment_whose_annotations_refuse_the_caller() throws IOException {
            assertThat(get(alice, "/api/include?to=/auditor/report").body()).startsWith("[\nprincipal=alice");
            assertThat(fixture().refusals()).isEmpty();

            Answer answer = get(bob, "/api/include?to=/auditor/report");

            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("[\n]");
            assertThat(fixture().refusals()).containsExactly("role-missing");
        }
    }

    @Nested
    class Error_pages extends OverEachProtocol {

        @Test
        void know_the_caller() throws IOException {
            Answer answer = get(alice, "/api/error");

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.whoAmI().principal()).isEqualTo("alice");
            assertThat(answer.whoAmI().roles()).containsExactly("auditor");
        }

        @ParameterizedTest
        @ValueSource(strings = {"/public/error", "/want/error"})
        void are_not_refused_to_anonymous_callers(String path) throws IOException {
            Answer answer = get(nobody, path);

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.whoAmI().principal()).isEqualTo("none");
            assertThat(fixture().refusals()).isEmpty();
        }

        @Test
        void are_guarded_when_they_are_asked_for_by_name() throws IOException {
            assertRefused(get(alice, ContractServlets.ERROR_PAGE), "role-missing");
        }

        @Test
        void are_not_rendered_for_a_refusal() throws IOException {
            assertRefused(get(nobody, "/api/error"), "certificate-required");
        }

        @Test
        void know_the_caller_of_what_is_not_found() throws IOException {
            Answer answer = get(alice, "/api/no-such-path");

            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.whoAmI().principal()).isEqualTo("alice");
        }
    }

    @Nested
    class The_chain extends OverEachProtocol {

        @Test
        void is_visible_when_it_was_accepted() throws IOException {
            assertThat(get(alice, "/api/chain").body()).isEqualTo("attribute=true names=true unwrapped=true");
        }

        @Test
        void is_hidden_where_certificates_are_ignored() throws IOException {
            assertThat(get(alice, "/public/chain").body()).isEqualTo(HIDDEN);
        }

        @ParameterizedTest
        @ValueSource(strings = {"/public/chain", "/public/forward?to=/api/chain", "/public/dispatch?to=/api/chain"})
        void is_hidden_when_a_deferred_handshake_let_it_pass(String path) throws IOException {
            SSLContext stranger = fixture().pki().client(fixture().pki().aliceOfAnotherCa());

            try (HttpConnection connection = openDeferred(stranger)) {
                assertThat(connection.get(path).body()).isEqualTo(HIDDEN);
                assertThat(connection.get(path).body()).as("the next request").isEqualTo(HIDDEN);
            }
        }

        @Test
        void is_hidden_in_one_request_and_visible_in_the_next_of_the_same_connection() throws IOException {
            try (HttpConnection connection = open(alice)) {
                assertThat(connection.get("/public/chain").body()).isEqualTo(HIDDEN);
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                assertThat(connection.get("/public/chain").body()).isEqualTo(HIDDEN);
            }
        }
    }

    @Nested
    class A_session extends OverEachProtocol {

        @Test
        void does_not_remember_a_caller() throws IOException {
            Answer first = get(alice, "/want/session");
            assertThat(first).satisfies(isAnsweredTo("alice", "auditor"));
            String cookie = cookieOf(first);

            Answer second = getWith(nobody, cookie);
            Answer third = getWith(bob, cookie);

            assertThat(List.of(second.body(), third.body()))
                    .allSatisfy(body -> assertThat(body).contains("visits="));
            assertThat(second.body()).endsWith("visits=2");
            assertThat(second).satisfies(isAnsweredToNobody());
            assertThat(third.body()).endsWith("visits=3");
            assertThat(third).satisfies(isAnsweredTo("bob"));
        }

        @Test
        void does_not_let_in_a_caller_who_is_revoked() throws IOException {
            try (HttpConnection connection = open(alice)) {
                Answer first = connection.get("/api/session");
                assertThat(first).satisfies(isAnsweredTo("alice", "auditor"));
                String cookie = cookieOf(first);
                revokeAlice();

                assertRefused(connection.get("/api/session", "Cookie: " + cookie), "certificate-revoked");
                assertThat(getWith(nobody, cookie)).satisfies(isAnsweredToNobody());
            }
        }

        private String cookieOf(Answer answer) {
            return answer.header("set-cookie").orElseThrow().split(";", 2)[0];
        }

        private Answer getWith(SSLContext client, String cookie) throws IOException {
            try (HttpConnection connection = open(client)) {
                return connection.get("/want/session", "Cookie: " + cookie);
            }
        }
    }
}
