package io.mtls.spring;

import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import org.springframework.security.core.GrantedAuthority;

/**
 * A role by certificate, as an authority of Spring Security. A class of its own tells it from the same role by other
 * means.
 */
final class CertificateRole implements GrantedAuthority {

    private static final long serialVersionUID = 1;

    private final String authority;

    /** @param role without prefix */
    CertificateRole(String role) {
        this.authority = "ROLE_" + role;
    }

    @Override
    public String getAuthority() {
        return authority;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CertificateRole that && authority.equals(that.authority);
    }

    @Override
    public int hashCode() {
        return authority.hashCode();
    }

    @Override
    public String toString() {
        return authority;
    }

    private void writeObject(ObjectOutputStream out) throws NotSerializableException {
        throw new NotSerializableException("A role by certificate lives as long as its request");
    }
}
