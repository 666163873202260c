package io.mtls.sample;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** For everybody, with or without a certificate: {@code mtls.paths} says so. */
@RestController
class StatusController {

    record Status(String service, String status) {}

    @GetMapping(path = "/public/status", name = "See whether the service is up")
    Status status() {
        return new Status("settlement-desk", "up");
    }
}
