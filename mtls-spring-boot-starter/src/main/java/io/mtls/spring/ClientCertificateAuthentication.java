package io.mtls.spring;

import io.mtls.ClientIdentity;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.security.cert.X509Certificate;
import java.util.Collection;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.core.GrantedAuthority;

/**
 * A caller whom Spring Security knows by its client certificate and nothing else. Valid for the request it was made for:
 * it refuses to be serialized, and is ignored where it comes back from a session.
 */
public final class ClientCertificateAuthentication extends AbstractAuthenticationToken {

    private static final long serialVersionUID = 1;

    @SuppressWarnings("serial") // See writeObject.
    private final ClientIdentity identity;

    ClientCertificateAuthentication(ClientIdentity identity, Collection<? extends GrantedAuthority> authorities) {
        super(authorities);
        this.identity = identity;
        super.setAuthenticated(true);
    }

    @Override
    public ClientIdentity getPrincipal() {
        return identity;
    }

    /** The certificate. */
    @Override
    public X509Certificate getCredentials() {
        return identity.certificate();
    }

    private void writeObject(ObjectOutputStream out) throws NotSerializableException {
        throw new NotSerializableException(getClass().getName() + " lives as long as its request");
    }
}
