package io.mtls.sample;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the sample itself can be told.
 *
 * @param expiryWarning how long before the end of a certificate the page begins to warn
 */
@ConfigurationProperties("sample")
record SampleProperties(@DefaultValue("14d") Duration expiryWarning) {}
