package io.mtls.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every adapter for Jakarta REST does beside, with the {@link ContractResources}. */
public abstract class RestContract extends AdapterContract {

    /** Whether the runtime under test has what server-sent events take. */
    protected boolean sendsEvents() {
        return true;
    }

    @Nested
    class Locators_of_sub_resources extends OverEachProtocol {

        @ParameterizedTest
        @ValueSource(strings = {"/want/open/whoami", "/want/open/deeper/whoami"})
        void that_ask_for_nothing_let_everybody_by(String path) throws IOException {
            assertThat(get(nobody, path)).satisfies(isAnsweredToNobody());
            assertThat(get(alice, path)).satisfies(isAnsweredTo("alice", "auditor"));
        }

        @ParameterizedTest
        @ValueSource(strings = {"/want/audited/whoami", "/want/audited/deeper/whoami", "/want/open/report"})
        void and_what_they_lead_to_are_asked_for_their_roles(String path) throws IOException {
            assertThat(get(alice, path)).satisfies(isAnsweredTo("alice", "auditor"));
            assertRefused(get(bob, path), "role-missing");
            assertRefused(get(nobody, path), "certificate-required");
        }

        /** Some runtimes find no locator there. */
        @Test
        void that_are_inherited_from_a_class_that_is_not_public_are_asked_for_their_roles() throws IOException {
            assertThat(get(bob, "/want/hidden/audited/whoami").status()).isBetween(400, 499);
            assertThat(get(nobody, "/want/hidden/audited/whoami").status()).isBetween(400, 499);
        }

        @Test
        void that_let_nobody_by_do_not() throws IOException {
            assertRefused(get(alice, "/want/open/denied/whoami"), "role-missing");
            assertThat(get(alice, "/denied/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
        }
    }

    @Nested
    class A_parameter {

        @Test
        void is_the_identity_of_the_caller() throws IOException {
            assertThat(get(alice, "/api/identity").body()).isEqualTo("alice by acme");
            assertThat(get(bob, "/want/identity").body()).isEqualTo("bob by acme");
        }

        @Test
        void is_null_for_an_anonymous_caller() throws IOException {
            assertThat(get(nobody, "/want/identity").body()).isEqualTo("none");
        }
    }

    @Nested
    class An_interface {

        @Test
        void guards_what_it_inherits_from_another() throws IOException {
            assertThat(get(alice, "/want/listed/list")).satisfies(isAnsweredTo("alice", "auditor"));
            assertRefused(get(bob, "/want/listed/list"), "role-missing");
            assertRefused(get(nobody, "/want/listed/list"), "certificate-required");
        }
    }

    /** Runtimes match what is still encoded, so that a template may take what reads like an open path. */
    @Nested
    class A_template extends OverEachProtocol {

        @Test
        void takes_what_is_not_another_resource() throws IOException {
            assertThat(get(alice, "/any/thing/caught")).satisfies(isAnsweredTo("alice", "auditor"));
            assertRefused(get(nobody, "/any/thing/caught"), "certificate-required");
        }

        @Test
        void does_not_open_by_an_empty_segment() throws IOException {
            assertThat(get(alice, "/any/taken")).satisfies(isAnsweredTo("alice", "auditor"));
            assertThat(get(nobody, "//public/taken").status()).isBetween(400, 499);
            assertThat(get(nobody, "///public/taken").status()).isBetween(400, 499);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "/%70ublic/thing/caught",
                    "/publi%63/thing/caught",
                    "/public%2fx/thing/caught",
                    "/public;x/../thing/caught",
                    "/public%3bx/thing/caught",
                    "/x/..%2fpublic/caught"
                })
        void does_not_open_by_an_escape(String spelling) throws IOException {
            assertThat(get(nobody, spelling).status()).isNotEqualTo(500).isBetween(400, 599);
        }
    }

    @Nested
    class A_filter extends OverEachProtocol {

        @Test
        void that_is_bound_to_a_name_sees_the_caller() throws IOException {
            assertThat(get(alice, "/api/bound").header("x-seen")).hasValue("alice");
        }

        @ParameterizedTest
        @ValueSource(strings = {"/api/whoami", "/operator/whoami"})
        void that_leads_elsewhere_before_matching_does_not_lead_by_the_rule_of_that_path(String path)
                throws IOException {
            assertRefused(getRewritten(nobody, "/public/whoami", path), "certificate-required");
        }

        @Test
        void that_leads_elsewhere_before_matching_leads_members_there() throws IOException {
            assertThat(getRewritten(olga, "/public/whoami", "/operator/whoami"))
                    .satisfies(isAnsweredTo("olga", "operator"));
            assertRefused(getRewritten(bob, "/api/whoami", "/operator/whoami"), "role-missing");
        }

        @Test
        void that_leads_to_where_certificates_are_ignored_makes_nobody_of_a_member() throws IOException {
            assertThat(getRewritten(alice, "/api/whoami", "/public/whoami")).satisfies(isAnsweredToNobody());
        }

        private Answer getRewritten(SSLContext client, String path, String to) throws IOException {
            try (HttpConnection connection = open(client)) {
                return connection.get(path, ContractResources.REWRITE + ": " + to);
            }
        }
    }

    @Nested
    class An_error extends OverEachProtocol {

        @Test
        void is_mapped_with_the_caller_known() throws IOException {
            Answer answer = get(alice, "/api/failure");

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.whoAmI().principal()).isEqualTo("alice");
        }

        @Test
        void of_an_anonymous_caller_is_mapped_too() throws IOException {
            Answer answer = get(nobody, "/public/failure");

            assertThat(answer.status()).isEqualTo(500);
            assertThat(answer.whoAmI().principal()).isEqualTo("none");
        }

        @Test
        void is_not_reached_by_a_caller_who_is_refused() throws IOException {
            assertRefused(get(nobody, "/api/failure"), "certificate-required");
        }

        @Test
        void that_nothing_is_found_is_told_to_those_who_got_in() throws IOException {
            assertThat(get(alice, "/api/no-such-path").status()).isEqualTo(404);
        }
    }

    @Nested
    class Server_sent_events {

        @Test
        void know_the_caller() throws IOException {
            assumeTrue(answersFromOtherThreads(), "this runtime suspends no response");
            assumeTrue(sendsEvents(), "this runtime sends no events");
            assertThat(get(alice, "/api/events").body())
                    .contains("data: principal=alice", "data: authType=CLIENT_CERT");
        }
    }

    @Nested
    class The_chain extends OverEachProtocol {

        @Test
        void is_hidden_where_certificates_are_ignored() throws IOException {
            assertThat(get(alice, "/public/whoami").header("x-sees-chain")).hasValue("false");
        }

        @Test
        void is_hidden_when_a_deferred_handshake_let_it_pass() throws IOException {
            SSLContext stranger = fixture().pki().client(fixture().pki().aliceOfAnotherCa());

            try (HttpConnection connection = openDeferred(stranger)) {
                assertThat(connection.get("/public/whoami").header("x-sees-chain"))
                        .hasValue("false");
                assertThat(connection.get("/public/whoami").header("x-sees-chain"))
                        .as("the next request")
                        .hasValue("false");
            }
        }

        /** Not to be taken for a caller's by what an application does with each response, such as an access log. */
        @Test
        void of_a_caller_who_is_refused_is_hidden_from_filters_of_responses_as_the_name_in_it_is() throws IOException {
            for (String path : List.of("/api/whoami", "/want/whoami", "/public/./whoami")) {
                try (HttpConnection connection =
                        openDeferred(fixture().pki().client(fixture().pki().aliceOfAnotherCa()))) {
                    Answer answer = connection.get(path);

                    assertThat(answer.status()).as(path).isBetween(400, 499);
                    assertThat(answer.header("x-sees-chain").orElse("false"))
                            .as(path)
                            .isEqualTo("false");
                    assertThat(answer.header("x-answered").orElse("none"))
                            .as(path)
                            .isEqualTo("none");
                }
            }
        }

        @Test
        void of_a_member_who_lacks_a_role_is_known_to_filters_of_responses() throws IOException {
            assertThat(get(bob, "/operator/whoami").header("x-answered")).hasValue("bob");
        }

        @Test
        void is_hidden_in_one_request_and_used_in_the_next_of_the_same_connection() throws IOException {
            try (HttpConnection connection = open(alice)) {
                assertThat(connection.get("/public/whoami")).satisfies(isAnsweredToNobody());
                assertThat(connection.get("/api/whoami")).satisfies(isAnsweredTo("alice", "auditor"));
                assertThat(connection.get("/public/whoami").header("x-sees-chain"))
                        .hasValue("false");
            }
        }
    }
}
