package io.mtls.contract;

import io.mtls.PathRules;

/**
 * What an application under test serves, all by GET. Each answers 200 with a {@link WhoAmI}, except where it says
 * otherwise.
 *
 * <table>
 * <caption>Endpoints of every adapter</caption>
 * <tr><th>path</th><th>rule</th><th>annotation</th></tr>
 * <tr><td>{@code /public/whoami}</td><td>none</td><td></td></tr>
 * <tr><td>{@code /want/whoami}</td><td>want</td><td></td></tr>
 * <tr><td>{@code /want/report}</td><td>want</td><td>{@code @CertificateRoles("auditor")}</td></tr>
 * <tr><td>{@code /api/whoami}</td><td></td><td></td></tr>
 * <tr><td>{@code /api/async}</td><td></td><td>answers from another thread</td></tr>
 * <tr><td>{@code /api/headers}</td><td></td><td>the names of the request's headers, one on a line</td></tr>
 * <tr><td>{@code /operator/whoami}</td><td>need operator</td><td></td></tr>
 * <tr><td>{@code /auditor/report}</td><td></td><td>{@code @CertificateRoles("auditor")}</td></tr>
 * <tr><td>{@code /allowed/report}</td><td></td><td>{@code @RolesAllowed("auditor")}</td></tr>
 * <tr><td>{@code /denied/report}</td><td></td><td>{@code @DenyAll}</td></tr>
 * </table>
 *
 * <p>No rule means that none names the path. What servlets serve in addition is in {@link ContractServlets}.
 */
public final class Endpoints {

    private Endpoints() {}

    static PathRules rules() {
        return PathRules.builder()
                .none("/public/*")
                .want("/want/*")
                .need("/operator/*", "operator")
                .build();
    }
}
