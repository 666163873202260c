package io.mtls.jaxrs;

import io.mtls.RequiredRoles;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.container.DynamicFeature;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.FeatureContext;
import java.lang.reflect.Method;

/**
 * Reads the annotations of root resources at the start: one that contradicts itself stops it. Sub-resources show themselves
 * when a locator has returned one; what contradicts itself there lets nobody in, by {@link AuthorizationFilter}.
 */
final class AnnotationCheck implements DynamicFeature {

    @Override
    public void configure(ResourceInfo resource, FeatureContext context) {
        Class<?> type = resource.getResourceClass();
        if (ResourceRoles.supertypes(type).stream().noneMatch(at -> at.isAnnotationPresent(Path.class))) {
            return;
        }
        RequiredRoles.of(type, resource.getResourceMethod());
        for (Method locator : ResourceRoles.locators(type)) {
            RequiredRoles.of(type, locator);
        }
    }
}
