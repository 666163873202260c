package io.mtls.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;

/** Shows a broken configuration as two paragraphs instead of a stack trace. */
final class MtlsFailureAnalyzer extends AbstractFailureAnalyzer<MtlsConfigurationException> implements Ordered {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, MtlsConfigurationException cause) {
        return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
    }

    /** Ours is the most specific failure wherever it is found. */
    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }
}
