package io.mtls.ca;

import io.mtls.ca.IssuedCertificate.Revocation;
import io.mtls.ca.OcspRequest.MalformedException;
import java.math.BigInteger;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Answers for the issuing CAs of an authority, RFC 6960 and RFC 5019: each answer says what the index says now.
 *
 * <p>Signed by a responder that the CA has delegated to, whose certificate is included. A certificate on hold is revoked with
 * the reason certificateHold; one that has expired keeps its status; one that was never issued is unknown; of a CA that is revoked every certificate is revoked. A request about
 * other CAs, about an expired one, about a root, or about two CAs at once, is unauthorized: nobody could sign the answer. The digest of the request
 * is the digest of the answer.
 *
 * <p>Whatever the bytes of a request are, there is an answer. Safe for use by several threads.
 */
final class OcspResponder {
    private final CertificateAuthority authority;

    OcspResponder(CertificateAuthority authority) {
        this.authority = authority;
    }

    /** @throws CaException when the CA's own files are at fault */
    Answer answer(byte[] request) {
        return answer(request, UnaryOperator.identity());
    }

    /** The same with something wrong in it; what is not signed stays right. */
    Answer answer(byte[] request, UnaryOperator<OcspResponseBuilder> fault) {
        try {
            return answer(OcspRequest.parse(request), fault);
        } catch (MalformedException e) {
            return new Answer(OcspResponseStatus.MALFORMED_REQUEST.response(), Optional.empty());
        }
    }

    private Answer answer(OcspRequest request, UnaryOperator<OcspResponseBuilder> fault) {
        Optional<String> issuer = issuerOf(request.certIds());
        if (issuer.isEmpty()) {
            return new Answer(OcspResponseStatus.UNAUTHORIZED.response(), Optional.empty());
        }
        Instant now = authority.clock().instant().truncatedTo(ChronoUnit.SECONDS);
        HeldCertificate responder = authority.responder(issuer.get());
        Validity validity = new Validity(
                now, untilEndOf(responder, now.plus(authority.settings().ocspValidity())));
        OcspResponseBuilder response = OcspResponseBuilder.signedBy(responder)
                .producedAt(now)
                .thisUpdate(now)
                .nextUpdate(validity.notAfter());
        request.certIds().forEach(id -> add(response, id, issuer.get()));
        request.nonce().ifPresent(response::nonce);
        return new Answer(
                fault.apply(response).der(), request.nonce().isEmpty() ? Optional.of(validity) : Optional.empty());
    }

    /** Who keeps an answer until its end has to believe its signer until then. */
    private static Instant untilEndOf(HeldCertificate responder, Instant wished) {
        Instant end = responder.certificate().getNotAfter().toInstant();
        return wished.isAfter(end) ? end : wished;
    }

    private void add(OcspResponseBuilder response, CertId id, String issuer) {
        Optional<IssuedCertificate> issued = issued(id.serial(), issuer);
        if (issued.isEmpty()) {
            response.unknown(id);
            return;
        }
        Optional<Revocation> revocation = issued.get().revocation().or(() -> ofIssuer(issuer));
        if (revocation.isPresent()) {
            response.revoked(id, revocation.get().at(), revocation.get().reason());
        } else {
            response.good(id);
        }
    }

    /** RFC 6960 section 2.7: of a CA that is revoked itself everything is. */
    private Optional<Revocation> ofIssuer(String issuer) {
        return authority
                .find(authority.certificate(issuer).getSerialNumber())
                .flatMap(IssuedCertificate::revocation)
                .map(revocation -> new Revocation(revocation.at(), RevocationReason.CA_COMPROMISE));
    }

    private Optional<IssuedCertificate> issued(BigInteger serial, String issuer) {
        return authority.find(serial).filter(issued -> issued.authority().equals(issuer));
    }

    /** The one issuing CA that all of them are about. One that has expired can delegate to nobody any more. */
    private Optional<String> issuerOf(List<CertId> ids) {
        Instant now = authority.clock().instant();
        return authority.authorities().stream()
                .filter(name -> name.startsWith(Hierarchy.ISSUING))
                .filter(name ->
                        !now.isAfter(authority.certificate(name).getNotAfter().toInstant()))
                .filter(name -> ids.stream().allMatch(id -> id.isIssuedBy(authority.certificate(name))))
                .findFirst();
    }

    /**
     * An OCSP response.
     *
     * @param reusable when everybody who asks the same may be given the same; never with a nonce, and never when it is not
     *     signed
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Answer(byte[] der, Optional<Validity> reusable) {}
}
