package io.mtls.jaxrs;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourceRolesTest {

    /** Else each depth is read by reflection and remembered, and the caller says how many there are. */
    @Test
    void of_a_resource_that_leads_to_itself_are_the_same_at_any_depth() throws Exception {
        assertThat(call(2_000)).isEqualTo(call(3)).isNotEqualTo(call(1));
    }

    private static ResourceRoles.Call call(int depth) throws Exception {
        List<Object> matched = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            matched.add(new Recursive());
        }
        matched.add(new Root());
        Method called = Recursive.class.getMethod("called");
        ResourceInfo resource = answering(ResourceInfo.class, "getResourceClass", Recursive.class, called);
        return ResourceRoles.Call.of(resource, answering(UriInfo.class, "getMatchedResources", matched, matched));
    }

    private static <T> T answering(Class<T> type, String method, Object answer, Object otherwise) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, called, arguments) -> called.getName().equals(method) ? answer : otherwise));
    }

    static class Root {}

    static class Recursive {
        public void called() {}
    }
}
