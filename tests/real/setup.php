<?php
/* Makes the site: people with application passwords, and posts that can be commented. Prints what the tests must know. */
define('WP_INSTALLING', true);
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

wp_install('Harbour Blog', 'keeper', 'keeper@blog.example', true, '', wp_generate_password());
update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
update_option('timezone_string', 'Europe/Berlin');
update_option('blog_public', 0);
update_option('comment_previously_approved', 0);
flush_rewrite_rules(false);

/* Official words come from an editor: the least role that may moderate. An author may not. */
$people = [];
foreach (['editor' => 'Harbour Support', 'author' => 'Ada Writer', 'subscriber' => 'Sam Reader'] as $role => $name) {
    $id = wp_insert_user([
        'user_login' => $role, 'user_pass' => wp_generate_password(), 'user_email' => "$role@blog.example",
        'display_name' => $name, 'role' => $role,
    ]);
    [$password] = WP_Application_Passwords::create_new_application_password($id, ['name' => 'Socialcare']);
    $people[$role] = ['id' => $id, 'login' => $role, 'name' => $name, 'password' => $password];
}
function publish($title, $more = []) {
    return wp_insert_post($more + [
        'post_title' => $title, 'post_content' => "<p>$title.</p>", 'post_status' => 'publish',
        'post_author' => 1, 'comment_status' => 'open', 'ping_status' => 'open',
    ]);
}
echo json_encode(['people' => $people, 'posts' => [
    'open' => publish('New opening hours'),
    'second' => publish('Winter boots are in'),
    'closed' => publish('Closed for comments', ['comment_status' => 'closed']),
    'draft' => publish('Not yet', ['post_status' => 'draft']),
    'guarded' => publish('Members only', ['post_password' => 'harbour']),
]]);
