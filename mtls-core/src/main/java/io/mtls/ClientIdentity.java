package io.mtls;

import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.Set;

/**
 * A caller that was authenticated by a client certificate: a name, roles, and the proof.
 *
 * <p>Valid for the request it was made for. Do not keep it in a session: it would outlive the certificate's revocation.
 * For that reason it is not serializable.
 */
public final class ClientIdentity implements Principal {

    private final String name;
    private final Set<String> roles;
    private final VerifiedPath path;

    ClientIdentity(String name, Set<String> roles, VerifiedPath path) {
        this.name = name;
        this.roles = Set.copyOf(roles);
        this.path = path;
    }

    /** The principal's name, with its issuer's prefix where there is one. */
    @Override
    public String getName() {
        return name;
    }

    /** The roles, without any framework's prefix. */
    public Set<String> roles() {
        return roles;
    }

    /** The name under which the trusted issuer is configured. */
    public String issuer() {
        return path.issuer().name();
    }

    /** The client's own certificate. */
    public X509Certificate certificate() {
        return path.certificate();
    }

    /** How the certificate leads to a trust anchor. */
    public VerifiedPath path() {
        return path;
    }

    ClientIdentity withRoles(Set<String> more) {
        Set<String> union = new java.util.HashSet<>(roles);
        union.addAll(more);
        return new ClientIdentity(name, union, path);
    }

    /** Same name from the same issuer by the same certificate. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ClientIdentity that
                && name.equals(that.name)
                && issuer().equals(that.issuer())
                && certificate().equals(that.certificate());
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    /** Name, issuer and roles; nothing secret. */
    @Override
    public String toString() {
        return name + " (" + issuer() + ") " + roles;
    }
}
