package io.mtls.jaxrs;

import io.mtls.RequiredRoles;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import java.lang.reflect.Method;

/**
 * Reads the annotations of all resources at the start: one that contradicts itself stops it. Sub-resources are not known
 * then; what contradicts itself there lets nobody in.
 */
final class AnnotationCheck implements DynamicFeature {

    @Override
    public void configure(ResourceInfo resource, FeatureContext context) {
        Class<?> type = resource.getResourceClass();
        RequiredRoles.of(type, resource.getResourceMethod());
        for (Method locator : ResourceRoles.locators(type)) {
            RequiredRoles.of(type, locator);
        }
    }
}
