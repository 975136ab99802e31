/** The host keys of one instance, as `ssh-keygen -l` names them. */
export const ED25519 = {
  key: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDRxJzJmnnCA6BGX6ktLgpvtLrB9Ek5Z1B+nbDrzNnJh',
  sha256: 'SHA256:tXYhX6MhLKXTtr6gy9l+gniecBy15Wx87op04x5oBF4',
  md5: 'MD5:c1:88:a5:67:ec:90:1c:2b:00:70:50:8d:fa:81:96:5c',
};
export const ECDSA = {
  key:
    'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBIcSEwctrUOtuQEDTzmT5/9vhvbDFf3SVIUe6R4f' +
    '45bDkSvXgxik5gWI6Ftst7Ebdt+rcAGzvO8MzOejVxsxMaU=',
  sha256: 'SHA256:a1ZJHhYH6LkX6mGYWBhYoodWqeYjSwGSWbe4DHHoJy8',
  md5: 'MD5:59:30:34:66:de:da:a4:17:0b:77:72:07:12:35:c0:a5',
};
export const RSA = {
  sha256: 'SHA256:5BUhX92Vg0dOruIdD77ZHNw2wasqQ9bcqnqsuaClicw',
  md5: 'MD5:e1:9c:8f:51:d1:0f:68:60:bf:0b:74:c5:10:8e:4a:5e',
};

/** cloud-init 24 on Ubuntu 24.04: both blocks, the first through logger(1), with a kernel message in between. */
export const UBUNTU = `[    0.000000] Linux version 6.8.0-1029-aws (buildd@lcy02-amd64-094) (x86_64-linux-gnu-gcc-13) #31-Ubuntu SMP
[    2.918441] systemd[1]: Detected virtualization amazon.
         Starting sshd-keygen.service...\r
Ubuntu 24.04.2 LTS ip-172-31-5-9 ttyS0\r
\r
ip-172-31-5-9 login: [   12.911204] cloud-init[1021]: Cloud-init v. 24.4.1-0ubuntu0~24.04.3 running 'modules:config' at Tue, 10 Jun 2025 05:50:11 +0000. Up 12.84 seconds.\r
ci-info: +++++++++++++++++++++++++Authorized keys from /home/ubuntu/.ssh/authorized_keys for user ubuntu+++++++++++++++++++++++++\r
ci-info: | Keytype |                Fingerprint (sha256)                  | Options | Comment |\r
ci-info: | ssh-rsa | 9a:5b:71:4f:01:d8:aa:0c:40:71:f0:3f:3c:5f:01:aa | -       | me@here |\r
<14>Jun 10 05:50:12 cloud-init: #############################################################\r
<14>Jun 10 05:50:12 cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----\r
<14>Jun 10 05:50:12 cloud-init: 256 ${ECDSA.sha256} root@ip-172-31-5-9 (ECDSA)\r
<14>Jun 10 05:50:12 cloud-init: 256 ${ED25519.sha256} root@ip-172-31-5-9 (ED25519)\r
[   14.003110] kauditd_printk_skb: 21 callbacks suppressed\r
<14>Jun 10 05:50:12 cloud-init: 3072 ${RSA.sha256} root@ip-172-31-5-9 (RSA)\r
<14>Jun 10 05:50:12 cloud-init: -----END SSH HOST KEY FINGERPRINTS-----\r
<14>Jun 10 05:50:12 cloud-init: #############################################################\r
-----BEGIN SSH HOST KEY KEYS-----\r
${ECDSA.key} root@ip-172-31-5-9\r
${ED25519.key} root@ip-172-31-5-9\r
-----END SSH HOST KEY KEYS-----\r
[   14.201377] cloud-init[1021]: Cloud-init v. 24.4.1-0ubuntu0~24.04.3 finished at Tue, 10 Jun 2025 05:50:12 +0000.\r
`;

/** Amazon Linux 2: each line behind \`ec2: \`, keys without a comment. */
export const AMAZON_LINUX = `Amazon Linux 2
Kernel 5.10.236-227.928.amzn2.x86_64 on an x86_64

ip-172-31-5-9 login: ec2:
ec2: #############################################################
ec2: -----BEGIN SSH HOST KEY FINGERPRINTS-----
ec2: 256 ${ECDSA.sha256} no comment (ECDSA)
ec2: 256 ${ED25519.sha256} no comment (ED25519)
ec2: 3072 ${RSA.sha256} no comment (RSA)
ec2: -----END SSH HOST KEY FINGERPRINTS-----
ec2: #############################################################
`;

const bare = (md5: string): string => md5.replace('MD5:', '');

/** What old images print. */
export const WITH_MD5 = `ec2: -----BEGIN SSH HOST KEY FINGERPRINTS-----
ec2: 256 ${bare(ECDSA.md5).toUpperCase()}  root@ip-172-31-5-9 (ECDSA)
ec2: 256 ${ED25519.md5} root@ip-172-31-5-9 (ED25519)
ec2: 2048 ${bare(RSA.md5)} /etc/ssh/ssh_host_rsa_key.pub (RSA)
ec2: -----END SSH HOST KEY FINGERPRINTS-----
`;
