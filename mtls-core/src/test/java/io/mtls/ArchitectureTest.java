package io.mtls;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.mtls.revocation.ServerStapling;
import java.security.Security;
import java.time.Clock;
import java.time.Instant;

/** The shape of the core, as ARCHITECTURE.md tells it. */
@AnalyzeClasses(packages = "io.mtls", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule the_core_knows_no_framework = classes()
            .that()
            .resideOutsideOfPackage("io.mtls.ca..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.mtls..",
                    "java..",
                    "javax..",
                    "org.bouncycastle..",
                    "org.jspecify..",
                    "jakarta.annotation..",
                    "com.sun.net.httpserver");

    /** A module that a runtime image may lack: only who staples needs it. */
    @ArchTest
    static final ArchRule the_core_listens_in_one_place = noClasses()
            .that()
            .resideOutsideOfPackage("io.mtls.ca..")
            .and()
            .doNotBelongToAnyOf(ServerStapling.class)
            .should()
            .dependOnClassesThat(JavaClass.Predicates.resideInAPackage("com.sun.net.httpserver.."));

    @ArchTest
    static final ArchRule the_ca_knows_no_framework_and_not_the_core = classes()
            .that()
            .resideInAPackage("io.mtls.ca")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.mtls.ca",
                    "java..",
                    "javax..",
                    "org.bouncycastle..",
                    "org.jspecify..",
                    "com.sun.net.httpserver..");

    @ArchTest
    static final ArchRule packages_have_no_cycles =
            slices().matching("io.mtls.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule identity_knows_only_itself = knowsOnlyItself("io.mtls.identity");

    @ArchTest
    static final ArchRule revocation_knows_only_itself = knowsOnlyItself("io.mtls.revocation");

    @ArchTest
    static final ArchRule proxy_knows_only_itself = knowsOnlyItself("io.mtls.proxy");

    @ArchTest
    static final ArchRule no_bouncy_castle_type_in_a_public_signature = methods()
            .that()
            .arePublic()
            .and()
            .areDeclaredInClassesThat()
            .arePublic()
            .should()
            .notHaveRawReturnType(inPackage("org.bouncycastle"))
            .andShould()
            .notHaveRawParameterTypes(DescribedPredicate.anyElementThat(inPackage("org.bouncycastle")));

    @ArchTest
    static final ArchRule no_provider_is_registered_globally = noClasses()
            .should()
            .callMethodWhere(DescribedPredicate.describe(
                    "adds a provider",
                    call -> call.getTargetOwner().isEquivalentTo(Security.class)
                            && (call.getName().equals("addProvider")
                                    || call.getName().equals("insertProviderAt"))));

    @ArchTest
    static final ArchRule logic_never_asks_the_clock = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Clock.class, "systemUTC");

    private static ArchRule knowsOnlyItself(String name) {
        return noClasses()
                .that()
                .resideInAPackage(name)
                .should()
                .dependOnClassesThat(
                        inPackage("io.mtls").and(DescribedPredicate.not(JavaClass.Predicates.resideInAPackage(name))));
    }

    private static DescribedPredicate<JavaClass> inPackage(String prefix) {
        return DescribedPredicate.describe(
                "in " + prefix, type -> type.getPackageName().startsWith(prefix));
    }
}
