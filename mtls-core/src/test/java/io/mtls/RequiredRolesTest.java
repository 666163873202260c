package io.mtls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.annotation.security.DenyAll;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Method;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The one reading of the annotations. */
class RequiredRolesTest {

    @Test
    void an_annotation_on_a_method_replaces_the_same_one_of_its_class() throws Exception {
        assertThat(on(ForAuditors.class, "inherited").byCertificate()).containsExactly("auditor");
        assertThat(on(ForAuditors.class, "forOperators").byCertificate()).containsExactly("operator");
    }

    @Test
    void a_method_that_asks_for_another_kind_of_role_keeps_what_its_class_asks_for() throws Exception {
        RequiredRoles required = on(ForAuditors.class, "forAdminsByAnyMeans");

        assertThat(required.byCertificate()).containsExactly("auditor");
        assertThat(required.byAnyMeans()).containsExactly("admin");
        assertThat(required.permit(null, role -> true)).isFalse();
    }

    @Test
    void permit_all_on_a_method_opens_it_and_deny_all_closes_it() throws Exception {
        assertThat(on(ForAuditors.class, "open").isRestricted()).isFalse();
        assertThat(on(ForAuditors.class, "closed").permit(null, role -> true)).isFalse();
        assertThat(on(Closed.class, "inherited").denied()).isTrue();
        assertThat(on(Closed.class, "forAuditors")).isEqualTo(RequiredRoles.byCertificate(Set.of("auditor")));
    }

    @Test
    void deny_all_wins_beside_roles() throws Exception {
        assertThat(on(Closed.class, "closedForAuditors").denied()).isTrue();
    }

    @Test
    void permit_all_beside_roles_stops_the_start() {
        assertThatThrownBy(() -> on(Contradiction.class, "openForAuditors"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("@PermitAll on")
                .hasMessageContaining("contradicts");
    }

    @Test
    void no_role_and_a_frameworks_prefix_stop_the_start() {
        assertThatThrownBy(() -> on(Contradiction.class, "forNobody")).hasMessageContaining("names no role");
        assertThatThrownBy(() -> on(Contradiction.class, "prefixed")).hasMessageContaining("write 'auditor'");
    }

    @Test
    void a_method_inherits_from_the_interface_that_it_implements() throws Exception {
        assertThat(on(Implementation.class, "report").byCertificate()).containsExactly("auditor");
    }

    @Test
    void an_interface_of_an_interface_of_a_superclass_is_found() throws Exception {
        assertThat(on(FarBelow.class, "report").byCertificate()).containsExactly("auditor");
    }

    @Test
    void a_generic_override_inherits_by_its_erased_declaration() throws Exception {
        assertThat(RequiredRoles.of(
                                GenericImplementation.class,
                                GenericImplementation.class.getMethod("handle", String.class))
                        .byCertificate())
                .containsExactly("auditor");
    }

    @Test
    void a_subclass_without_annotations_is_guarded_as_its_superclass_is() throws Exception {
        assertThat(on(BelowClosed.class, "inherited").denied()).isTrue();
        assertThat(on(BelowClosed.class, "added").denied()).isTrue();
        assertThat(RequiredRoles.of(BelowClosed.class).denied()).isTrue();
        assertThat(RequiredRoles.of(BelowClosed.class, Closed.class.getMethod("inherited"))
                        .denied())
                .isTrue();
    }

    @Test
    void permit_all_on_one_overload_does_not_open_another_through_their_bridge() throws Exception {
        Method other = Overloads.class.getMethod("handle", Integer.class);

        assertThat(RequiredRoles.of(Overloads.class, other).denied()).isTrue();
    }

    @Test
    void an_annotated_generic_declaration_with_two_overloads_stops_the_start() throws Exception {
        Method one = GuardedOverloads.class.getMethod("handle", Integer.class);

        assertThatThrownBy(() -> RequiredRoles.of(GuardedOverloads.class, one))
                .hasMessageContaining("It is not clear which overload of handle");
    }

    @Test
    void a_bridge_in_a_subclass_leads_to_the_interfaces_annotation() throws Exception {
        assertThat(RequiredRoles.of(Bridging.class, Bridging.class.getMethod("handle", String.class))
                        .byCertificate())
                .containsExactly("auditor");
    }

    @Test
    void a_private_method_of_a_superclass_opens_nothing() throws Exception {
        assertThat(on(BelowPrivate.class, "report").denied()).isTrue();
    }

    @Test
    void interfaces_that_differ_stop_the_start_and_permit_all_of_an_interface_opens_nothing() throws Exception {
        assertThatThrownBy(() -> on(TwoMasters.class, "report")).hasMessageContaining("say different things");
        assertThat(on(ClosedButGenerated.class, "report").denied()).isTrue();
    }

    @Test
    void an_interface_guards_what_it_inherits_from_another() throws Exception {
        Method declared = Listed.class.getMethod("list");

        assertThat(RequiredRoles.of(ListedForAuditors.class, declared).byCertificate())
                .containsExactly("auditor");
        assertThat(RequiredRoles.of(ListedForAuditorsToo.class, declared).byCertificate())
                .containsExactly("auditor");
        assertThat(RequiredRoles.of(ListedForOperators.class, declared).byCertificate())
                .as("the class")
                .containsExactly("operator");
        assertThat(RequiredRoles.of(ListedForAuditors.class, Object.class.getMethod("toString"))
                        .isRestricted())
                .as("what it does not inherit")
                .isFalse();
    }

    @Test
    void interfaces_that_inherit_the_same_and_differ_stop_the_start() throws Exception {
        Method declared = Listed.class.getMethod("list");

        assertThatThrownBy(() -> RequiredRoles.of(ListedTwice.class, declared))
                .hasMessageContaining("say different things");
    }

    @Test
    void an_annotation_of_the_users_own_counts_as_the_one_it_carries() throws Exception {
        assertThat(on(Composed.class, "report").byCertificate()).containsExactly("auditor");
    }

    @Test
    void roles_that_name_none_are_refused() {
        assertThatThrownBy(() -> RequiredRoles.byCertificate(Set.of())).hasMessageContaining("No role is named");
    }

    @Test
    void without_annotations_nothing_is_required() throws Exception {
        assertThat(on(Object.class, "toString").isRestricted()).isFalse();
        assertThat(RequiredRoles.of(Object.class)).isEqualTo(RequiredRoles.none());
    }

    @CertificateRoles("auditor")
    static class ForAuditors {
        public void inherited() {}

        @CertificateRoles("operator")
        public void forOperators() {}

        @RolesAllowed("admin")
        public void forAdminsByAnyMeans() {}

        @PermitAll
        public void open() {}

        @DenyAll
        public void closed() {}
    }

    @DenyAll
    static class Closed {
        public void inherited() {}

        @CertificateRoles("auditor")
        public void forAuditors() {}

        @DenyAll
        @CertificateRoles("auditor")
        public void closedForAuditors() {}
    }

    static class Contradiction {
        @PermitAll
        @CertificateRoles("auditor")
        public void openForAuditors() {}

        @CertificateRoles({})
        public void forNobody() {}

        @CertificateRoles("ROLE_auditor")
        public void prefixed() {}
    }

    interface Reports {
        @CertificateRoles("auditor")
        void report();
    }

    static class Implementation implements Reports {
        @Override
        public void report() {}
    }

    interface YearlyReports extends Reports {}

    abstract static class Between implements YearlyReports {}

    static class FarBelow extends Between {
        @Override
        public void report() {}
    }

    interface Generic<T> {
        @CertificateRoles("auditor")
        void handle(T value);
    }

    static class GenericImplementation implements Generic<String> {
        @Override
        public void handle(String value) {}
    }

    static class BelowClosed extends Closed {
        public void added() {}
    }

    @DenyAll
    static class Overloads implements Plain<String> {
        @Override
        @PermitAll
        public void handle(String value) {}

        public void handle(Integer value) {}
    }

    interface Plain<T> {
        void handle(T value);
    }

    @DenyAll
    static class GuardedOverloads implements Generic<String> {
        @Override
        public void handle(String value) {}

        public void handle(Integer value) {}
    }

    static class Unbridged {
        public void handle(String value) {}
    }

    static class Bridging extends Unbridged implements Generic<String> {}

    static class WithPrivate {
        @PermitAll
        @SuppressWarnings("UnusedMethod")
        private void report() {}
    }

    @DenyAll
    static class BelowPrivate extends WithPrivate {
        public void report() {}
    }

    interface Listed {
        void list();
    }

    @CertificateRoles("auditor")
    interface ForAuditorsListed extends Listed {}

    @CertificateRoles("operator")
    interface ForOperatorsListed extends Listed {}

    static class ListedForAuditors implements ForAuditorsListed {
        @Override
        public void list() {}
    }

    static class ListedForAuditorsToo implements Listed, ForAuditorsListed {
        @Override
        public void list() {}
    }

    @CertificateRoles("operator")
    static class ListedForOperators implements ForAuditorsListed {
        @Override
        public void list() {}
    }

    static class ListedTwice implements ForAuditorsListed, ForOperatorsListed {
        @Override
        public void list() {}
    }

    interface OtherReports {
        @CertificateRoles("operator")
        void report();
    }

    static class TwoMasters implements Reports, OtherReports {
        @Override
        public void report() {}
    }

    interface Generated {
        @PermitAll
        void report();
    }

    @DenyAll
    static class ClosedButGenerated implements Generated {
        @Override
        public void report() {}
    }

    @CertificateRoles("auditor")
    @Retention(RetentionPolicy.RUNTIME)
    @interface AuditorsOnly {}

    static class Composed {
        @AuditorsOnly
        public void report() {}
    }

    private static RequiredRoles on(Class<?> type, String method) throws NoSuchMethodException {
        return RequiredRoles.of(type, type.getMethod(method));
    }
}
