/** Public keys whose fingerprints `ssh-keygen -l` printed as they stand here. */
export const KEY_A = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDs4d1gj2iqrG+RpBEddRcESrro6syOJOZTN6V535yIp';
export const FINGERPRINT_A = 'SHA256:Eqc1nYeIfxtugrUlPToRUoTUIqZGZoRDlNc4WXlT63g (ssh-ed25519)';

export const KEY_B = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK4XBIwxbxFHMoWY5Q43qLJIUrSY01/0AjpmYSswPt7S';
export const FINGERPRINT_B = 'SHA256:7nwmcaBP/JYImX/5zvn3xeM/Neb1qIBbMXlwT0XXNkw (ssh-ed25519)';

export const KEY_ECDSA =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAMjR2OYDmKAdPwZeYhsCsRTD1Bl9VAzM2yyzpoC' +
  '1c1zazoQ9SqxybZEPs0Hxf/CrTJ+Jct2BDVzUdVOq2Q/kcc=';
export const FINGERPRINT_ECDSA = 'SHA256:jJzM3JnSRidJ7k24+D2bR6DIDRh/Cg5YnFWzH+3isLA (ecdsa-sha2-nistp256)';
